/** The frame around all pages: where to go, who is here, what just happened. */
import type { ComponentChildren } from "preact";
import { Component } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { UnreachableError } from "../api/problem.ts";
import { boot, isOwner, isSupport } from "../boot.ts";
import { restoreScroll, useAddress } from "../router.ts";
import { match, type Page, type Route } from "../routes.ts";
import { announcement } from "../state/announcer.ts";
import { isOnline } from "../state/connection.ts";
import { useStore } from "../state/store.ts";
import { isVisitOver } from "../state/visit.ts";
import { Button, EmptyState, ErrorState, LinkButton, Page as Frame } from "../ui/index.ts";
import { Icon } from "../ui/Icon.tsx";
import { Navigation } from "./Navigation.tsx";
import { Toasts } from "./Toasts.tsx";

interface Shown {
  path: string;
  route: Route | undefined;
  params: Record<string, string>;
  Page: Page | undefined;
  /** Its chunk did not come. */
  isLost?: boolean;
}

const loaded = new Map<string, Page>();

async function load(route: Route): Promise<Page> {
  const page = loaded.get(route.page) ?? (await route.load()).default;
  loaded.set(route.page, page);
  return page;
}

/** Fetch a page's chunk before it is asked for: when a link to it is pointed at. */
export function prefetch(path: string): void {
  const found = match(path);
  if (found) void load(found.route).catch(() => undefined);
}

/** What to draw for an address; until its chunk is here, what was drawn before stays. */
function useShown(path: string): Shown | undefined {
  const [shown, setShown] = useState<Shown>();
  useLayoutEffect(() => {
    let isCurrent = true;
    const found = match(path);
    const show = (more: Pick<Shown, "Page" | "isLost">): void => {
      if (isCurrent) setShown({ path, route: found?.route, params: found?.params ?? {}, ...more });
    };
    const ready = found && loaded.get(found.route.page);
    if (!found || ready || (found.route.isForOwners && !isOwner) || (found.route.isForMembers && isSupport)) {
      show({ Page: ready });
    } else {
      load(found.route).then(
        (page) => show({ Page: page }),
        () => show({ Page: undefined, isLost: true }),
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [path]);
  return shown;
}

export function App() {
  return useStore(isVisitOver) ? <VisitOver /> : <Shell />;
}

/** What is left when a support session has ended: nothing of the business. */
function VisitOver() {
  useLayoutEffect(() => document.querySelector<HTMLElement>("main h1")?.focus(), []);
  return (
    <main id="main" tabIndex={-1} data-testid="support-over">
      <Frame title="The support session is over" narrow>
        <EmptyState
          icon="clock"
          title="It ended by itself, or was ended"
          action={
            <>
              <LinkButton kind="primary" href={boot.support?.adminUrl ?? "/"}>
                Go to the platform’s admin
              </LinkButton>
              <LinkButton href="/login">Log in here</LinkButton>
            </>
          }
        >
          Open the dashboard anew from the admin if there is more to do.
        </EmptyState>
      </Frame>
    </main>
  );
}

function Shell() {
  const path = useAddress().pathname;
  const shown = useShown(path);
  const isFirst = useRef(true);

  useLayoutEffect(() => {
    if (!shown) return;
    restoreScroll();
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    // Whoever cannot see the new page is put at its title; the reader speaks it.
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  }, [shown?.path]);

  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <div class="shell">
        <Navigation path={path} />
        <main id="main" tabIndex={-1}>
          <Offline />
          {shown && (
            <Boundary key={shown.path}>
              <Content shown={shown} />
            </Boundary>
          )}
        </main>
      </div>
      <Toasts />
      <Announcer />
    </>
  );
}

function Content({ shown }: { shown: Shown }) {
  const { route, Page, params, isLost } = shown;
  if (isLost) {
    return (
      <Frame title="This page did not load">
        {/* A module that failed once stays failed in its document; after a deployment it has another name, too. */}
        <ErrorState
          error={new UnreachableError()}
          retry={() => location.reload()}
          title="Its program could not be fetched"
        />
      </Frame>
    );
  }
  if (route?.isForOwners && !isOwner) {
    return (
      <Frame title={route.link?.label ?? "Owners"}>
        <EmptyState
          icon="key"
          title="This page is for owners"
          action={<LinkButton href="/dashboard">Back to the handoffs</LinkButton>}
        >
          Ask an owner of {boot.businessName} to do it, or to make you one.
        </EmptyState>
      </Frame>
    );
  }
  if (route?.isForMembers && isSupport) {
    return (
      <Frame title={route.link?.label ?? "Members"}>
        <EmptyState
          icon="person"
          title="Support has no account here"
          action={<LinkButton href="/dashboard">Back to the handoffs</LinkButton>}
        >
          Passwords and logins are those of the people of {boot.businessName}.
        </EmptyState>
      </Frame>
    );
  }
  if (!Page) {
    return (
      <Frame title="There is no such page">
        <EmptyState
          icon="search"
          title="Nothing lives at this address"
          action={<LinkButton href="/dashboard">Go to the handoffs</LinkButton>}
        >
          The link may be old or mistyped.
        </EmptyState>
      </Frame>
    );
  }
  return <Page params={params} />;
}

/** A page that breaks takes nothing else with it. */
class Boundary extends Component<{ children: ComponentChildren }, { error?: unknown }> {
  override state: { error?: unknown } = {};

  static override getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return (
      <Frame title="Something broke">
        <EmptyState
          icon="alert"
          title="This page stopped working"
          action={
            <Button kind="primary" onClick={() => location.reload()}>
              Load it again
            </Button>
          }
        >
          What you saved is safe.
        </EmptyState>
      </Frame>
    );
  }
}

function Offline() {
  if (useStore(isOnline)) return null;
  return (
    <p class="offline" role="status">
      <Icon name="offline" /> You are offline. What you see may be old; it catches up by itself.
    </p>
  );
}

function Announcer() {
  const text = useStore(announcement);
  const [spoken, speak] = useState("");
  useEffect(() => speak(text), [text]); // a region that is there first and changes later is read aloud
  return (
    <div class="vh" role="status" aria-live="polite">
      {spoken}
    </div>
  );
}
