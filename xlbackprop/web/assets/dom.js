/* Elements made and found; what comes from a file is only ever set as text */

export function byId(id) {
  return document.getElementById(id);
}

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/* A page in a frame: it has no origin, so it reaches neither this page nor any address */
export function framed(html, title, sandbox) {
  const frame = element("iframe", { title });
  frame.setAttribute("sandbox", sandbox);
  frame.srcdoc = html;
  return frame;
}

export function download(bytes, name, type) {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  const link = element("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export function say(text) {
  byId("status").textContent = text;
}

export function complain(text) {
  byId("alert").textContent = text;
}

/* Do something that takes a while: say so, and say what went wrong */
export async function doing(what, button, work) {
  complain("");
  say(what);
  button.disabled = true;
  document.body.setAttribute("aria-busy", "true");
  try {
    return await work();
  } catch (error) {
    complain(error.message);
    return null;
  } finally {
    say("");
    button.disabled = false;
    document.body.removeAttribute("aria-busy");
  }
}
