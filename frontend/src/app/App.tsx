import { WorkflowListPage } from "../pages/WorkflowListPage";
import { WorkflowPage } from "../pages/WorkflowPage";
import { RunPage } from "../run/RunPage";
import { Link } from "../ui/Link";
import { Heading } from "../ui/Page";
import { useSite } from "./context";
import { routeOf, usePathname } from "./router";

export function App() {
  const { home } = useSite();
  const route = routeOf(usePathname(), home);
  switch (route.page) {
    case "home":
    case "workflows":
      return <WorkflowListPage />;
    case "workflow":
      return <WorkflowPage key={route.id} id={route.id} />;
    case "run":
      return <RunPage key={route.id} id={route.id} />;
    default:
      return (
        <>
          <Heading title="There is no such page" />
          <p>
            Go to the <Link to="workflows/">workflows</Link>.
          </p>
        </>
      );
  }
}
