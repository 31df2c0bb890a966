// Wishes to the server. A reply is JSON with raw bytes behind it.

export class Refused extends Error {}
export class Gone extends Error {}

async function send(route, headers, body) {
  let response;
  try {
    response = await fetch(`/api/${route}`, { method: "POST", headers: { "X-Imgcluster-Studio": "1", ...headers }, body });
  } catch {
    throw new Gone("The studio has ended.");
  }
  if (response.status === 403) throw new Gone("The studio was started again.");
  if (!response.ok) throw new Refused((await response.text()).trim());
  return response;
}

export const askBytes = (route, fields) =>
  send(route, { "Content-Type": "application/json" }, JSON.stringify(fields)).then((response) => response.arrayBuffer());

function unpacked(buffer) {
  const length = new DataView(buffer).getUint32(0);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  head.parts = head.parts.map((size) => {
    const part = new Uint8Array(buffer, at, size);
    at += size;
    return part;
  });
  return head;
}

export const ask = async (route, fields = {}) => unpacked(await askBytes(route, fields));

export async function upload(file, route = "picture/open") {
  const headers = { "Content-Type": "application/octet-stream", "X-Imgcluster-Name": encodeURIComponent(file.name.toWellFormed?.() ?? file.name) };
  const response = await send(route, headers, file);
  return unpacked(await response.arrayBuffer());
}
