// Counts the audience while it is typed, and shows progress as it happens; every page works without this script.
"use strict";
const progress = document.getElementById("progress");
if (progress && progress.dataset.events) {
  const source = new EventSource(progress.dataset.events);
  source.onmessage = (event) => { progress.innerHTML = event.data; };
  source.addEventListener("done", () => source.close());
  source.addEventListener("status", () => {
    source.close();
    const typed = [...document.querySelectorAll("main input:not([type=hidden]), main textarea")].some((each) => each.value);
    if (!typed) location.reload();
  });
}
const unready = document.querySelector("[data-ready]");
if (unready) fetch(unready.dataset.ready).then((answer) => { if (answer.ok) location.reload(); });
const composer = document.getElementById("composer");
const count = document.getElementById("count");
if (composer && count) {
  let timer = 0;
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch("/console/broadcasts/count", { method: "POST", body: new URLSearchParams(new FormData(composer)) });
      if (mine === asked && answer.ok) count.innerHTML = await answer.text();
    } catch { count.textContent = count.dataset.slow; }
  };
  composer.addEventListener("input", (event) => {
    if (!["to", "provinces", "communes", "topics", "channels", "topic"].includes(event.target.name)) return;
    clearTimeout(timer);
    timer = setTimeout(ask, 400);
  });
  ask();
}
