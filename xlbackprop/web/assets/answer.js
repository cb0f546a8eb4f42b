/* What a back answers: a header, a page and a file, each with its length before them */

const LENGTHS = 24;

export function readAnswer(buffer) {
  const view = new DataView(buffer);
  const lengths = [0, 8, 16].map((at) => Number(view.getBigUint64(at, true)));
  let at = LENGTHS;
  const [header, page, file] = lengths.map((length) => {
    const part = new Uint8Array(buffer, at, length);
    at += length;
    return part;
  });
  const text = new TextDecoder();
  return { header: JSON.parse(text.decode(header)), page: text.decode(page), file };
}
