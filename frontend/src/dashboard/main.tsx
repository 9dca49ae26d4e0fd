/** Starts the dashboard in the page the server sent. */
import "./styles/index.css";
import { render } from "preact";
import { followLinks } from "./router.ts";
import { App, prefetch } from "./shell/App.tsx";

followLinks(prefetch);
render(<App />, document.getElementById("app") as HTMLElement);
