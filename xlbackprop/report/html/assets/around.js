"use strict";
/* The page around this one, where it is shown in a frame */
const around = (() => {
  const isFramed = parent !== window;

  /* Say which cell is selected */
  function tell(cell) {
    if (isFramed) {
      parent.postMessage({ cell }, "*");
    }
  }

  if (isFramed) {
    // A frame without an address of its own takes `#tensor-1` for a place on the page around it.
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      if (link && !event.defaultPrevented) {
        event.preventDefault();
        document.getElementById(link.hash.slice(1))?.scrollIntoView();
      }
    });
    addEventListener("message", (event) => {
      if (event.source === parent && event.data === "print") {
        print();
      }
    });
  }

  return { tell };
})();
