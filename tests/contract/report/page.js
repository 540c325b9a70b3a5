
"use strict";
const at = (id) => document.getElementById(id);
const data = JSON.parse(at("data").textContent);
const rows = [...document.querySelectorAll("tr[data-operation]")];
const form = at("filter");
const detail = at("detail");

function element(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

const cell = (gateway, operation) => data.gateways[gateway].cells[operation];

function messages(found) {
  return (found.findings || []).map((each) => each.check + " " + each.message).join("\n");
}

// The words that a search looks at, put together when the first search asks for them.
const words = rows.map((row) => {
  let known;
  return () => (known ??= data.gateways.map((_, gateway) => messages(cell(gateway, row.dataset.operation)))
    .concat(data.operations[row.dataset.operation]).join("\n").toLowerCase());
});

function fits(row, number, wanted) {
  const [resource, state] = [wanted.get("resource"), wanted.get("state")];
  const text = wanted.get("text").trim().toLowerCase();
  if (resource && row.parentElement.dataset.resource !== resource) return false;
  if (!text.split(/\s+/).every((word) => words[number]().includes(word))) return false;
  const gateways = wanted.get("gateway") ? [Number(wanted.get("gateway"))] : data.gateways.map((_, each) => each);
  return gateways.some((gateway) => {
    const found = cell(gateway, row.dataset.operation);
    return (!state || found.state === state || (state === "there" && found.state !== "absent"))
      && (!wanted.get("check") || (found.findings || []).some((each) => each.check === wanted.get("check")))
      && (!wanted.get("changed") || found.changed === true);
  });
}

function filter() {
  const wanted = new FormData(form);
  rows.forEach((row, number) => { row.hidden = !fits(row, number, wanted); });
  for (const body of document.querySelectorAll("tbody[data-resource]")) {
    body.hidden = !body.querySelector("tr[data-operation]:not([hidden])");
  }
  const count = rows.filter((row) => !row.hidden && row.parentElement.dataset.resource).length;
  at("shown").textContent = count + " of " + (rows.length - 1) + " operations";
  at("nothing").hidden = rows.some((row) => !row.hidden);
}

// A body that is JSON is laid out; anything else is shown as it came.
function laid(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function copyable(title, text) {
  const line = element("div", undefined, "line");
  const shown = element("pre", text);
  const button = element("button", "Copy", "copy");
  button.type = "button";
  button.setAttribute("aria-label", "Copy: " + title);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(shown);
      button.textContent = "Selected";
    }
  });
  line.append(element("h4", title), button);
  return [line, shown];
}

function exchanged(title, first, message) {
  const lines = [first, ...message.headers.map(([name, value]) => name + ": " + value)];
  return [element("h4", title), element("pre", lines.join("\n") + (message.body ? "\n\n" + laid(message.body) : ""))];
}

function finding(each, found, gateway) {
  const made = element("section", undefined, "finding");
  const heading = element("h3", each.check);
  const kind = each.expected ? "known" : each.weight === "fail" ? "deviates" : "loosely";
  heading.append(element("span", data.words[kind], "tag " + kind));
  if ((found.appeared || []).includes(each.check)) heading.append(element("span", "new", "tag new"));
  made.append(heading);
  if (data.says[each.check]) made.append(element("p", data.says[each.check], "faint"));
  made.append(element("p", each.message, "message"));
  if (each.expected) made.append(element("p", "Expected: " + each.expected));
  const times = each.times > 1 ? " Seen " + each.times + " times; this is the smallest." : "";
  const pointer = each.rule.startsWith("#/");
  made.append(element("h4", pointer ? "Violated rule, in " + data.gateways[gateway].document : "Violated rule"));
  made.append(element("pre", each.rule));
  if (times) made.append(element("p", times.trim(), "faint"));
  if (each.sent) made.append(...exchanged("Sent", each.sent.method + " " + each.sent.url, each.sent));
  if (each.received) made.append(...exchanged("Received", String(each.received.status), each.received));
  else if (each.sent) made.append(element("h4", "Received"), element("p", "No answer.", "bad"));
  if (each.curl) made.append(...copyable("Again, from a shell", each.curl));
  if (each.call) made.append(...copyable("Again, with our client", each.call));
  return made;
}

function described(found, gateway) {
  const line = element("p");
  line.append(element("b", data.words[found.state], "mark " + found.state), ...(found.why ? [": " + found.why] : []));
  const made = [line];
  const answers = Object.entries(found.answers || {}).map(([status, count]) => count + " × " + status);
  if (answers.length) made.push(element("p", "Answers: " + answers.join(", "), "faint"));
  if (found.earlier) {
    const earlier = element("p", "Earlier: ", "faint");
    earlier.append(found.earlier.map(([label, was]) => label + ": " + data.words[was]).join("; "));
    made.push(earlier);
  }
  if (found.vanished) made.push(element("p", "No longer found: " + found.vanished.join(", "), "good"));
  made.push(...(found.findings || []).map((each) => finding(each, found, gateway)));
  if (found.more) made.push(element("p", found.more + " more findings are in results.json.", "faint"));
  return made;
}

function open(gateway, operation) {
  const [path, name] = data.operations[operation];
  const shown = path === "*" ? name : path;
  at("detail-title").textContent = shown + " at " + data.gateways[gateway].name;
  at("detail-body").replaceChildren(...described(cell(gateway, operation), gateway));
  const link = [data.gateways[gateway].name, path].map(encodeURIComponent).join("/");
  history.replaceState(null, "", "#" + link);
  if (!detail.open) detail.showModal();
  detail.scrollTop = 0;
  at("detail-title").focus();
}

// A link to a cell ends in #gateway/operation.
function openLinked() {
  const parts = location.hash.slice(1).split("/").map((part) => {
    try { return decodeURIComponent(part); } catch { return ""; }
  });
  const gateway = data.gateways.findIndex((each) => each.name === parts[0]);
  const operation = data.operations.findIndex(([path]) => path === parts[1]);
  if (gateway >= 0 && operation >= 0) open(gateway, operation);
}

function beside(button, key) {
  const seen = rows.filter((row) => !row.hidden);
  const row = button.closest("tr");
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const wanted = Number(button.dataset.gateway) + (key === "ArrowLeft" ? -1 : 1);
    return row.querySelectorAll(".cell")[wanted];
  }
  return seen[seen.indexOf(row) + (key === "ArrowUp" ? -1 : 1)]?.querySelectorAll(".cell")[button.dataset.gateway];
}

at("matrix").addEventListener("click", (event) => {
  const button = event.target.closest(".cell");
  if (button) open(Number(button.dataset.gateway), Number(button.closest("tr").dataset.operation));
});
at("matrix").addEventListener("keydown", (event) => {
  if (!event.key.startsWith("Arrow") || !event.target.matches(".cell")) return;
  event.preventDefault();
  beside(event.target, event.key)?.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || detail.open || event.target.matches("input, select")) return;
  event.preventDefault();
  form.elements.text.focus();
});
for (const button of document.querySelectorAll(".count")) {
  button.addEventListener("click", () => {
    form.reset();
    if (form.elements.gateway) form.elements.gateway.value = button.dataset.gateway;
    form.elements.state.value = button.dataset.state;
    filter();
    at("matrix-title").scrollIntoView();
    form.elements.state.focus({ preventScroll: true });
  });
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(filter)); // the fields are emptied after the event
at("close").addEventListener("click", () => detail.close());
detail.addEventListener("click", (event) => { if (event.target === detail) detail.close(); });
detail.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
addEventListener("hashchange", openLinked);
filter();
openLinked();
