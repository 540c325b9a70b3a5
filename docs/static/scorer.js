// How search results rank. A heading that is exactly what was asked for comes first, so that `batches.cancel` leads to
// the operation, then a name of Python that ends in it, then an entry of the index, as for `GET /files`; all else as
// Sphinx has it.
// `var`, as Sphinx looks whether it is there, and would declare it again.
var Scorer = {
  score: ([, title, , , score, , kind]) => {
    const asked = (new URLSearchParams(window.location.search).get("q") ?? "").trim().toLowerCase().replace(/^client\./, "");
    const last = title.toLowerCase().split(" > ").pop();
    const bonus = last === asked ? 1000 : last.endsWith(`.${asked}`) ? 500 : kind === "index" ? 200 : 0;
    return score + bonus;
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
