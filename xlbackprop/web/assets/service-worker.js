/* Keeps all files, each of them checked by its hash; from then on no network is needed */

const CACHE = `xlbackprop-${VERSION}`;
const ADDRESSES = new Map(FILES.map((file) => [new URL(file.address, self.location.href).href, file]));
const HOME = new URL("./", self.location.href).href;

async function keepAll() {
  const cache = await caches.open(CACHE);
  let done = 0;
  const tell = async () => {
    for (const client of await clients.matchAll({ includeUncontrolled: true })) {
      client.postMessage({ done, total: ADDRESSES.size });
    }
  };
  const keep = async ([address, { integrity, type }]) => {
    const response = await fetch(address, { integrity, mode: "cors", credentials: "omit", cache: "no-cache" });
    if (!response.ok) {
      throw new Error(`${address} cannot be fetched`);
    }
    const headers = new Headers(response.headers);
    headers.set("Content-Type", type);
    headers.delete("Content-Encoding");
    headers.delete("Content-Length");
    await cache.put(address, new Response(await response.blob(), { headers }));
    done += 1;
    tell();
  };
  try {
    await Promise.all([...ADDRESSES].map(keep));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(keepAll());
});

self.addEventListener("activate", (event) => {
  const forget = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith("xlbackprop-") && name !== CACHE) {
        await caches.delete(name);
      }
    }
    await clients.claim();
  };
  event.waitUntil(forget());
});

async function answer(request, address) {
  const kept = await (await caches.open(CACHE)).match(address);
  return kept ?? fetch(request);
}

self.addEventListener("fetch", (event) => {
  const plain = event.request.url.split(/[?#]/)[0];
  const address = plain === HOME ? `${HOME}index.html` : plain;
  if (event.request.method === "GET" && ADDRESSES.has(address)) {
    event.respondWith(answer(event.request, address));
  }
});
