/** Beside the page on a wide screen; on a phone a bar above and one below it. One list, drawn by CSS. */
import { boot, isOwner, isSupport, roleName } from "../boot.ts";
import { routes } from "../routes.ts";
import { Icon } from "../ui/Icon.tsx";

const links = routes.filter((route) => (isOwner || !route.isForOwners) && !(isSupport && route.isForMembers)).flatMap((route) => route.link ?? []);

/** The link a page belongs to: one handoff belongs to the list. */
function isWithin(path: string, href: string): boolean {
  return href === "/dashboard" ? path === href || path.startsWith("/dashboard/handoffs/") : path === href;
}

export function Navigation({ path }: { path: string }) {
  return (
    <header class="side">
      <div class="side-head">
        <a class="brand" href="/dashboard">
          <span class="mono" aria-hidden="true">
            {[...boot.businessName][0]}
          </span>
          <bdi class="brand-name">{boot.businessName}</bdi>
        </a>
      </div>
      <nav class="side-nav" aria-label="Dashboard">
        {links.map((link) => (
          <a key={link.href} href={link.href} aria-current={isWithin(path, link.href) ? "page" : undefined}>
            <Icon name={link.icon} />
            <span>{link.label}</span>
          </a>
        ))}
      </nav>
      <form class="side-foot" method="post" action="/logout">
        <input type="hidden" name="csrfmiddlewaretoken" value={boot.csrf} />
        <div class="who">
          <bdi class="who-mail" title={boot.email}>
            {boot.email}
          </bdi>
          <span class="who-role">{roleName}</span>
        </div>
        <button class="button ghost icon-only" type="submit" title={isSupport ? "End support session" : "Log out"}>
          <Icon name="logout" />
          <span class="vh">{isSupport ? "End support session" : "Log out"}</span>
        </button>
      </form>
    </header>
  );
}
