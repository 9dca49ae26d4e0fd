/** What a site's owner pastes into a page: the form in a frame that grows with it. */

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}

/** `bookingUrl` is the address of the form; `name` is the business's. */
export function embedCode(bookingUrl: string, name: string): string {
  const url = new URL(bookingUrl);
  url.searchParams.set("embed", "1");
  return `<iframe id="booking-form" src="${escape(url.href)}" title="${escape(`Ask ${name} for a time`)}"
  style="width: 100%; height: 720px; border: 0"></iframe>
<script>
  addEventListener("message", function (event) {
    if (event.origin === "${url.origin}" && event.data && event.data.type === "booking-handoff:height") {
      document.getElementById("booking-form").style.height = event.data.height + "px";
    }
  });
</script>`;
}
