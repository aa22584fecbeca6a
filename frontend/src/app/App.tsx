import { lazy, Suspense } from "react";
import { WorkflowListPage } from "../pages/WorkflowListPage";
import { WorkflowPage } from "../pages/WorkflowPage";
import { Link } from "../ui/Link";
import { Heading } from "../ui/Page";
import { useSite } from "./context";
import { type Route, routeOf, usePathname } from "./router";

const RunPage = lazy(() => import("../run/RunPage").then(({ RunPage }) => ({ default: RunPage })));
const EditorPage = lazy(() => import("../editor/EditorPage"));
const VersionsPage = lazy(() => import("../versions/VersionsPage"));
const NewWorkflowPage = lazy(() => import("../pages/NewWorkflowPage"));

export function App() {
  const { home } = useSite();
  const route = routeOf(usePathname(), home);
  return (
    <Suspense fallback={<p className="note">Loading…</p>}>
      <Shown route={route} />
    </Suspense>
  );
}

function Shown({ route }: { route: Route }) {
  switch (route.page) {
    case "home":
    case "workflows":
      return <WorkflowListPage />;
    case "workflow":
      return <EditorPage key={route.id} id={route.id} />;
    case "versions":
      return <VersionsPage key={route.id} id={route.id} />;
    case "new-workflow":
      return <NewWorkflowPage />;
    case "workflow-runs":
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
