/* The whole derivation of a network */

import { call } from "./back.js";
import { byId, doing, download, framed } from "./dom.js";

let shown = null;

export function startReading(network) {
  byId("equations-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const [parameters, spec] = network.said;
    doing("Writing the equations …", byId("equations-button"), async () => {
      shown = await call("equations", parameters, spec);
      byId("derived").textContent = `The equations of ${shown.header.name}`;
      byId("derivation-frame").replaceChildren(framed(shown.page, `Equations of ${shown.header.name}`, ""));
      byId("derivation").hidden = false;
      byId("derived").focus();
    });
  });
  byId("get-equations").addEventListener("click", () =>
    download(shown.page, `${shown.header.name}-equations.html`, "text/html"),
  );
}
