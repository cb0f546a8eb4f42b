/* Which network: a template, a spec of one's own, or (where that is offered) what the file says */

import { element } from "./dom.js";

const OWN = "\u0000own";
const EXAMPLE = `name = "mine"
input = [1, 4, 4]
[[layers]]
type = "conv2d"
filters = 1
kernel = 3
[loss]
type = "given"
`;
let number = 0;

export class NetworkChoice {
  constructor(place, templates) {
    const id = `network-${number++}`;
    this.select = element("select", { id });
    if (place.dataset.none) {
      this.select.append(element("option", { value: "" }, place.dataset.none));
    }
    for (const { name, about } of templates) {
      this.select.append(element("option", { value: name, title: about }, name));
    }
    this.select.append(element("option", { value: OWN }, "a spec of my own"));
    this.text = element("textarea", { id: `${id}-spec`, value: EXAMPLE, spellcheck: false });
    const file = element("input", { type: "file", id: `${id}-file`, accept: ".toml" });
    file.addEventListener("change", async () => {
      if (file.files.length) {
        this.text.value = await file.files[0].text();
        this.text.dispatchEvent(new Event("change"));
      }
    });
    this.own = element(
      "div",
      { className: "own", hidden: true },
      element("label", { htmlFor: this.text.id }, "The spec, as TOML"),
      this.text,
      element("label", { htmlFor: file.id }, "or from a file"),
      file,
    );
    place.append(
      element("div", { className: "field" }, element("label", { htmlFor: id }, "Network"), this.select),
      this.own,
    );
    this.select.addEventListener("change", () => this.show());
  }

  show() {
    this.own.hidden = this.select.value !== OWN;
  }

  choose(name) {
    this.select.value = name;
    this.show();
    return this.select.value === name;
  }

  onChange(listener) {
    this.select.addEventListener("change", listener);
    this.text.addEventListener("change", listener);
  }

  /* What a back is to be told: parameters, and the text of a spec */
  get said() {
    if (this.select.value === OWN) {
      return [{}, this.text.value];
    }
    return [this.select.value ? { template: this.select.value } : {}, ""];
  }
}
