"use strict";
(function () {
  var form = document.getElementById("filter");
  if (!form) return;
  var text = form.querySelector("[type=search]");
  var bad = form.querySelector("[type=checkbox]");
  var output = form.querySelector("output");
  function apply() {
    var words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = 0;
    document.querySelectorAll(".topic").forEach(function (topic) {
      var any = false;
      topic.querySelectorAll("tbody tr").forEach(function (row) {
        var hit = words.every(function (word) { return row.dataset.text.includes(word); });
        if (bad.checked && row.dataset.worst === "pass") hit = false;
        row.hidden = !hit;
        any = any || hit;
        shown += hit ? 1 : 0;
      });
      topic.hidden = !any;
    });
    output.textContent = words.length || bad.checked ? shown + " shown" : "";
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.hidden = false;
  apply();
})();
