// Asks the browser where it is, once, and sends the form; without this script the place is typed.
"use strict";
const share = document.getElementById("share");
if (share && navigator.geolocation) {
  share.hidden = false;
  share.addEventListener("submit", (event) => {
    if (share.elements.location.value) return;
    event.preventDefault();
    navigator.geolocation.getCurrentPosition(
      (at) => {
        share.elements.location.value = at.coords.latitude + "," + at.coords.longitude;
        share.submit();
      },
      () => {
        share.hidden = true;
        document.querySelector("[role=status]").textContent = share.dataset.failed;
        document.getElementById("place").focus();
      },
      { timeout: 15000, maximumAge: 60000 });
  });
}
