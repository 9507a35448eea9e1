// What a link leads to may be folded away.
function unfold(target) {
  for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  const own = target.querySelector(":scope > th > details");
  if (own) own.open = true;
  target.scrollIntoView();
}

// A cell of the matrix shows what was seen above it, and the matrix stays where it is;
// one of which there is no more to see unfolds its row.
const dialog = document.body.appendChild(document.createElement("dialog"));
dialog.ariaLabel = "What was seen";
dialog.tabIndex = -1;
dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("a, .close")) dialog.close();
});

function copyOf(seen) {
  const card = seen.closest(".card").cloneNode(true);
  card.open = true;
  card.querySelectorAll(".seen").forEach((other) => { other.open = other.id === seen.id; });
  card.querySelectorAll("[id]").forEach((copy) => copy.removeAttribute("id"));
  return card;
}

function show(all) {
  const close = document.createElement("button");
  close.className = "close";
  close.textContent = "Close";
  dialog.replaceChildren(close, ...all.map(copyOf));
  dialog.showModal();
  dialog.focus(); // lest the key that opens it presses its button, too
}

document.addEventListener("click", (event) => {
  const cell = event.target.closest(".topic td");
  if (!cell || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = cell.querySelector("a");
  const own = cell.parentNode.querySelector("th > details");
  if (link) {
    event.preventDefault();
    const run = link.hash.slice(link.hash.lastIndexOf("-"));
    const others = Array.from(own.querySelectorAll(".spec a")).filter((other) => other.hash.endsWith(run) && other.hash !== link.hash);
    show([link, ...others].map((other) => document.getElementById(other.hash.slice(1))));
  } else if (own) {
    own.open = !own.open;
  }
});
