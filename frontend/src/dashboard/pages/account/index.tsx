/** Your account: who you are here, your password, where you are logged in. */
import { boot, roleName } from "../../boot.ts";
import { Badge, Button, Card, Page } from "../../ui/index.ts";
import "../../components/components.css";
import "./account.css";
import { Password } from "./Password.tsx";
import { Sessions } from "./Sessions.tsx";

export default function Account() {
  return (
    <Page title="Account" narrow>
      <div class="account stack">
        <Card title="You">
          <dl class="who-am-i">
            <div>
              <dt>Email</dt>
              <dd>
                <bdi>{boot.email}</bdi>
              </dd>
            </div>
            <div>
              <dt>Role</dt>
              <dd>
                <Badge>{roleName}</Badge>
              </dd>
            </div>
            <div>
              <dt>Business</dt>
              <dd>
                <bdi>{boot.businessName}</bdi>
              </dd>
            </div>
            <div>
              <dt>Time zone</dt>
              <dd>{boot.timeZone.replaceAll("_", " ")}</dd>
            </div>
          </dl>
          <form method="post" action="/logout">
            <input type="hidden" name="csrfmiddlewaretoken" value={boot.csrf} />
            <Button type="submit" icon="logout">
              Log out
            </Button>
          </form>
        </Card>
        <Password />
        <Sessions />
      </div>
    </Page>
  );
}
