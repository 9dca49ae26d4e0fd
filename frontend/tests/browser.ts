/** As much of a browser as the dashboard's state needs below its drawing. Imported first: the modules look at it at once. */

const page = new EventTarget();
const pageDocument = new EventTarget();

export const BOOT = {
  email: "owner@alpha.example",
  role: "owner",
  businessName: "Alpha",
  timeZone: "UTC",
  csrf: "the-token",
  support: null,
};
/** The addresses the page was sent to. */
export const visited: string[] = [];
let isHidden = false;

Object.assign(pageDocument, { getElementById: () => ({ textContent: JSON.stringify(BOOT) }) });
Object.defineProperty(pageDocument, "hidden", { get: () => isHidden });
const globals = {
  document: pageDocument,
  navigator: { onLine: true, languages: ["en-US"] },
  location: { pathname: "/dashboard", search: "?q=a", assign: (href: string) => visited.push(href) },
  addEventListener: page.addEventListener.bind(page),
  removeEventListener: page.removeEventListener.bind(page),
};
for (const [name, value] of Object.entries(globals)) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

/** The window hears of something, such as `focus`. */
export function fire(name: string): void {
  page.dispatchEvent(new Event(name));
}

/** Somebody looks away from the page, or at it again. */
export function look(away: boolean): void {
  isHidden = away;
  pageDocument.dispatchEvent(new Event("visibilitychange"));
}

/** What was asked of the server. */
export interface Asked {
  name: string;
  url: URL;
  headers: Headers;
  body: unknown;
  cache: RequestCache | undefined;
  signal: AbortSignal;
}

export const asked: Asked[] = [];

/** From now on `answer` is the server; what was asked before is forgotten. It may throw as `fetch` does. */
export function serve(answer: (call: Asked) => Response | Promise<Response>): void {
  asked.length = 0;
  globalThis.fetch = async (input, init) => {
    const url = new URL(String(input), "http://alpha.localhost");
    const call: Asked = {
      name: `${init?.method ?? "GET"} ${url.pathname.replace("/api/v1", "")}`,
      url,
      headers: new Headers(init?.headers),
      body: typeof init?.body === "string" ? (JSON.parse(init.body) as unknown) : undefined,
      cache: init?.cache,
      signal: init?.signal as AbortSignal,
    };
    asked.push(call);
    return answer(call);
  };
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

/** An answer that comes only when it is let, unless nobody waits any more. */
export function later(signal: AbortSignal): { answer: Promise<Response>; give(response: Response): void } {
  let give: (response: Response) => void = () => undefined;
  const answer = new Promise<Response>((resolve, reject) => {
    give = resolve;
    signal.addEventListener("abort", () => reject(new DOMException("Aborted", "AbortError")));
  });
  return { answer, give: (response) => give(response) };
}

/** An answer whose headers come at once, and its body only when it is let, unless nobody waits any more. */
export function inPieces(signal: AbortSignal, body: unknown): { answer: Response; finish(): void } {
  let finish: () => void = () => undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      let isOver = false;
      signal.addEventListener("abort", () => {
        if (!isOver) controller.error(new DOMException("Aborted", "AbortError"));
        isOver = true;
      });
      finish = () => {
        if (isOver) return;
        isOver = true;
        controller.enqueue(new TextEncoder().encode(JSON.stringify(body)));
        controller.close();
      };
    },
  });
  return { answer: new Response(stream), finish: () => finish() };
}

/** Let everything that waits for an answer already there go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
