// Sends without reloading and looks for new lines; the page works without this script.
"use strict";
const lines = document.getElementById("lines");

async function refresh() {
  const answer = await fetch("/chat/lines?after=" + lines.dataset.last, { credentials: "same-origin" });
  if (!answer.ok) return false;
  const holder = document.createElement("div");
  holder.innerHTML = await answer.text();
  const added = holder.querySelectorAll("article");
  if (!added.length) return false;
  lines.dataset.last = added[added.length - 1].dataset.id;
  lines.append(...added);
  offerLocation();
  document.getElementById("end").scrollIntoView({ block: "end" });
  return true;
}

async function say(form, submitter) {
  const data = new FormData(form);
  if (submitter && submitter.name) data.set(submitter.name, submitter.value);
  await post(new URLSearchParams(data));
}

async function post(body) {
  lines.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch("/chat", { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (answer.status === 429) note((await answer.json()).error);
    await refresh();
  } catch {
    note(lines.dataset.slow);
  } finally {
    lines.removeAttribute("aria-busy");
  }
}

function note(text) {
  const line = document.createElement("article");
  line.className = "ours";
  line.textContent = text;
  lines.append(line);
  line.scrollIntoView({ block: "end" });
}

function offerLocation() {
  if (!navigator.geolocation) return;
  for (const button of lines.querySelectorAll("button.location")) button.hidden = false;
}

document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action") !== "/chat") return;
  event.preventDefault();
  const box = event.target.querySelector("input[name=text]");
  if (box && !box.value.trim()) return;
  say(event.target, event.submitter).then(() => box && box.focus());
  if (box) box.value = "";
});

document.addEventListener("click", (event) => {
  if (!event.target.matches("button.location")) return;
  navigator.geolocation.getCurrentPosition(
    (at) => post(new URLSearchParams({ location: at.coords.latitude + "," + at.coords.longitude })),
    () => note(lines.dataset.failed),
    { timeout: 10000, maximumAge: 60000 });
});

offerLocation();
if (location.hash === "#end" || lines.children.length > 1) document.getElementById("end").scrollIntoView({ block: "end" });
setInterval(() => { if (!document.hidden) refresh().catch(() => {}); }, 10000);
