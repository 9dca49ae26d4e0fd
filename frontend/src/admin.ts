/** The look of the platform's admin over Django's own; its scripts are Django's. */
import "./admin.css";
