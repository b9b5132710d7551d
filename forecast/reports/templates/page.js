(function () {
  "use strict";
  var root = document.documentElement, KEY = "forecast-language";
  function each(selector, use) { document.querySelectorAll(selector).forEach(use); }
  function stored() { try { return localStorage.getItem(KEY); } catch (error) { return null; } }
  function isLanguage(text) { return text === "vi" || text === "en"; }
  function show(language) {
    root.lang = root.dataset.lang = language;
    each("[data-label-" + language + "]", function (element) {
      var text = element.getAttribute("data-label-" + language);
      if (element.tagName === "TITLE") document.title = text; else element.setAttribute("aria-label", text);
    });
    each("[data-language]", function (button) {
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
    });
  }
  function followHash() {
    var name = decodeURIComponent(location.hash.slice(1)), target = name && document.getElementById(name);
    if (isLanguage(name)) show(name);
    var fold = target && target.querySelector("details.fold");
    if (fold) { fold.open = true; target.scrollIntoView(); }
  }
  function cellText(cell) {
    var parts = [];
    cell.childNodes.forEach(function (node) { var text = node.textContent.trim(); if (text) parts.push(text); });
    return parts.join(" – ").replace(/\s+/g, " ");
  }
  function plain(text, comma, keepGroups) {
    if (/^[+\u2212-]?\d[\d.,]*%?$/.test(text)) {
      text = text.replace("\u2212", "-").replace(/^\+/, "");
      return keepGroups ? text : text.replace(comma ? /\./g : /,/g, "");
    }
    return /^[=+\-@]/.test(text) ? "'" + text : text;
  }
  function rows(table, keepGroups) {
    var comma = root.lang === "vi";
    return Array.from(table.rows, function (row) {
      return Array.from(row.cells, function (cell) { return plain(cellText(cell), comma, keepGroups); });
    });
  }
  function tableOf(button) {
    return button.closest("figure").querySelector(".below ." + root.lang + " table");
  }
  function selectTable(button, table) {
    button.closest("figure").querySelector("details").open = true;
    var range = document.createRange(), selection = getSelection();
    range.selectNode(table);
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy");
  }
  function copy(button) {
    var table = tableOf(button), text = rows(table, true).map(function (row) { return row.join("\t"); }).join("\n");
    function done() {
      var status = document.querySelector(".status");
      status.textContent = status.dataset[root.lang];
      button.classList.add("done");
      setTimeout(function () { button.classList.remove("done"); status.textContent = ""; }, 2500);
    }
    function fall() { if (selectTable(button, table)) done(); }
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, fall); else fall();
  }
  function download(button) {
    var separator = root.lang === "vi" ? ";" : ",";
    var text = "\ufeff" + rows(tableOf(button), false).map(function (row) {
      return row.map(function (cell) {
        return /[";,\n]/.test(cell) ? '"' + cell.replace(/"/g, '""') + '"' : cell;
      }).join(separator);
    }).join("\r\n") + "\r\n";
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    link.download = button.closest("figure").dataset.name + "-" + root.lang + ".csv";
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
  }
  function compareTicked() {
    var panel = document.querySelector(".compare"), ticked = Array.from(document.querySelectorAll("[data-plan]:checked"));
    var words = ticked.map(function (box) { return box.dataset.plan; });
    var names = ticked.map(function (box) { return box.dataset.name; }).sort().join(" ");
    panel.hidden = ticked.length < 2;
    panel.querySelector("code").textContent = "forecast compare " + words.join(" ");
    each("[data-compared]", function (link) { link.hidden = link.dataset.compared !== names; });
  }
  function copyCommand(button) {
    var code = button.parentNode.querySelector("code");
    function select() { getSelection().selectAllChildren(code); document.execCommand("copy"); }
    if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).catch(select); else select();
  }
  root.classList.add("js");
  if (isLanguage(stored())) root.lang = root.dataset.lang = stored();
  document.addEventListener("DOMContentLoaded", function () {
    var isNarrow = matchMedia("(max-width: 640px)").matches;
    if (isNarrow) each("details.fold", function (fold) { fold.open = false; });
    show(root.dataset.lang);
    followHash();
    addEventListener("hashchange", followHash);
    document.addEventListener("change", function (event) { if (event.target.hasAttribute("data-plan")) compareTicked(); });
    document.addEventListener("click", function (event) {
      var button = event.target.closest("button");
      if (!button) return;
      if (button.hasAttribute("data-copy")) copy(button);
      if (button.hasAttribute("data-csv")) download(button);
      if (button.hasAttribute("data-command")) copyCommand(button);
      if (button.dataset.language) {
        show(button.dataset.language);
        try { localStorage.setItem(KEY, root.lang); } catch (error) { /* a private window keeps nothing */ }
      }
    });
  });
})();
