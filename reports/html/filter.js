const form = document.getElementById("filter");
const topics = Array.from(document.querySelectorAll(".topic"));
const foldedAtFirst = topics.map((topic) => !topic.open);
let rows; // what there is to filter: read when it is first asked for

function readRows() {
  return topics.flatMap((topic) => Array.from(topic.querySelectorAll("tr[id]"), (row) => {
    const page = row.parentNode.dataset.page;
    const verdicts = Array.from(row.cells).slice(1).map((cell) => cell.className);
    return { row, topic, page, verdicts, text: [topic.dataset.topic, page, row.textContent].join(" ").toLowerCase() };
  }));
}

// suits says whether a row has the wanted verdict in a column, in any if it is "".
function suits(verdicts, wanted, column) {
  const looked = column ? [verdicts[column]] : verdicts;
  if (!wanted) return true;
  if (wanted === "differs") return verdicts.some((verdict) => verdict !== looked[0]);
  if (wanted === "not-pass") return looked.some((verdict) => verdict !== "pass");
  if (wanted.startsWith("unlike-")) return looked.some((verdict) => verdict !== verdicts[wanted.slice(7)]);
  return looked.includes(wanted);
}

function filter() {
  rows = rows || readRows();
  const { q, topic, page, verdict, in: column } = Object.fromEntries(new FormData(form));
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const all = words.length === 0 && !topic && !page && !verdict;
  const hits = rows.filter((r) => (!topic || r.topic.dataset.topic === topic) && (!page || r.page === page) &&
    suits(r.verdicts, verdict, column) && words.every((word) => r.text.includes(word)));
  const shown = new Set(hits.flatMap((r) => [r.row, r.row.parentNode, r.topic]));
  rows.forEach((r) => { r.row.hidden = !shown.has(r.row); });
  topics.forEach((part, i) => {
    part.hidden = !shown.has(part);
    part.open = !all || !foldedAtFirst[i];
    part.querySelectorAll("tbody").forEach((body) => { body.hidden = !shown.has(body); });
  });
  form.parentNode.classList.toggle("filtered", !all);
  document.querySelector(".overview").hidden = !all;
  form.querySelector("output").textContent = all ? "" : hits.length + " of " + rows.length;
  form.querySelector("button").hidden = all;
}

// The address keeps the filter, so that it can be shared.
function keep() {
  const set = Array.from(new FormData(form)).filter((pair) => pair[1]);
  history.replaceState(null, "", set.length ? "#?" + new URLSearchParams(set) : "#requirements");
}

function follow() {
  const state = new URLSearchParams(location.hash.slice(2));
  if (!location.hash.startsWith("#?")) {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target) unfold(target);
  } else if (form) {
    Array.from(form.elements).forEach((field) => { if (field.name) field.value = state.get(field.name) || ""; });
    filter();
    form.scrollIntoView();
  }
}

if (form) {
  form.hidden = false;
  form.addEventListener("input", () => { filter(); keep(); });
  form.querySelector("button").addEventListener("click", () => { form.reset(); filter(); keep(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, select")) return;
    event.preventDefault();
    form.elements.q.focus();
  });
}
window.addEventListener("hashchange", follow);
follow();
