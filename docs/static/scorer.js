// How search results rank. A heading that is exactly what was asked for comes first, so that `batches.cancel` leads to
// the operation, then a name of Python that ends in it; all else as Sphinx has it.
// `var`, as Sphinx looks whether it is there, and would declare it again.
var Scorer = {
  score: ([, title, , , score]) => {
    const asked = (new URLSearchParams(window.location.search).get("q") ?? "").trim().toLowerCase().replace(/^client\./, "");
    const last = title.toLowerCase().split(" > ").pop();
    return score + (last === asked ? 1000 : last.endsWith(`.${asked}`) ? 500 : 0);
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
