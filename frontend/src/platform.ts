/** Names the public site's styles for the manifest; its pages link to them and load no script. */
import "./platform.css";
