// Puts a button and, once it is pressed, the chat in a frame on a portal's page.
(() => {
  const words = {{ words|tojson }};
  const home = new URL(document.currentScript.src).origin;
  const holder = document.createElement("div");
  const root = holder.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(
    ":host{position:fixed;right:1rem;bottom:1rem;z-index:2147483000;font:1rem/1.4 system-ui,sans-serif}" +
    "button{font:inherit;font-weight:600;min-height:3rem;padding:.5rem 1.25rem;border:2px solid #fff;border-radius:2rem;background:#0b5d3b;color:#fff;cursor:pointer}" +
    "button:focus-visible{outline:.25rem solid #c25700;outline-offset:2px}" +
    "iframe{display:block;width:min(24rem,calc(100vw - 2rem));height:min(36rem,calc(100vh - 6rem));border:2px solid #0b5d3b;border-radius:.5rem;background:#fff;margin-bottom:.5rem}" +
    "[hidden]{display:none}");
  root.adoptedStyleSheets = [style];
  const button = document.createElement("button");
  button.type = "button";
  let frame = null;
  const show = (open) => {
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.title = words.title;
      frame.allow = "geolocation";
      frame.src = home + "/chat";
      root.prepend(frame);
    }
    if (frame) frame.hidden = !open;
    button.textContent = open ? words.close : words.open;
    button.setAttribute("aria-expanded", String(open));
    if (open) frame.focus();
  };
  button.addEventListener("click", () => show(!frame || frame.hidden));
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && frame && !frame.hidden) { show(false); button.focus(); }
  });
  root.append(button);
  show(false);
  document.body.append(holder);
})();
