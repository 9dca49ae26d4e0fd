/** The team: who can log in, and which programs may ask the API. */
import { useState } from "preact/hooks";
import { Page } from "../../ui/index.ts";
import { ApiKeys } from "./ApiKeys.tsx";
import { People } from "./People.tsx";
import { SupportAccess } from "./SupportAccess.tsx";
import "../../components/components.css";
import "./team.css";

export default function Team() {
  const [isSettled, setIsSettled] = useState(false);
  return (
    <Page title="Team" sub="Owners may do everything. Staff see and complete handoffs, and read the settings.">
      <div class="team stack">
        <People onSettled={setIsSettled} />
        {/* Below the people, so not before it is known how many they are. */}
        <div hidden={!isSettled}>
          <div class="stack">
            <ApiKeys />
            <SupportAccess />
          </div>
        </div>
      </div>
    </Page>
  );
}
