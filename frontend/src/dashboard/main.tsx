/** Starts the dashboard in the page the server sent. */
import "./styles/index.css";
import { render } from "preact";
import { followLinks } from "./router.ts";
import { App, prefetch } from "./shell/App.tsx";
import { followVisit } from "./shell/support.ts";
// Small, and every page needs them: with them in the first file no page waits for two more.
import "./api/client.ts";
import "./state/resource.ts";

followLinks(prefetch);
followVisit();
render(<App />, document.getElementById("app") as HTMLElement);
