import { lazy, Suspense } from "react";
import { Bell } from "../pages/notifications/Bell";
import { NotificationsProvider } from "../pages/notifications/context";
import { Link } from "../ui/Link";
import { Heading } from "../ui/Page";
import { Waiting } from "../ui/Waiting";
import { useSite } from "./context";
import { type Route, routeOf, usePathname } from "./router";
import { UserMenu } from "./UserMenu";
import { useHeader } from "./useHeader";
import { useSeen } from "./useSeen";
import "../ui/ui.css";

const HomePage = lazy(async () => ({ default: (await import("../pages/HomePage")).HomePage }));
const WorkflowListPage = lazy(async () => ({
  default: (await import("../pages/WorkflowListPage")).WorkflowListPage,
}));
const WorkflowRunsPage = lazy(async () => ({
  default: (await import("../pages/runs/WorkflowRunsPage")).WorkflowRunsPage,
}));
const RunsPage = lazy(async () => ({ default: (await import("../pages/runs/RunsPage")).RunsPage }));
const RunPage = lazy(async () => ({ default: (await import("../run/RunPage")).RunPage }));
const DecisionsPage = lazy(async () => ({
  default: (await import("../pages/decisions/DecisionsPage")).DecisionsPage,
}));
const EventsPage = lazy(async () => ({ default: (await import("../pages/events/EventsPage")).EventsPage }));
const EventPage = lazy(async () => ({ default: (await import("../pages/events/EventPage")).EventPage }));
const ModulesPage = lazy(async () => ({
  default: (await import("../pages/records/ModulesPage")).ModulesPage,
}));
const RecordsPage = lazy(async () => ({
  default: (await import("../pages/records/RecordsPage")).RecordsPage,
}));
const RecordPage = lazy(async () => ({ default: (await import("../pages/records/RecordPage")).RecordPage }));
const EditorPage = lazy(() => import("../editor/EditorPage"));
const PromotePage = lazy(() => import("../promote/PromotePage"));
const GoLivePage = lazy(() => import("../promote/GoLivePage"));
const VersionsPage = lazy(() => import("../versions/VersionsPage"));
const BacktestsPage = lazy(() => import("../backtests/BacktestsPage"));
const SettingsPage = lazy(() => import("../settings/SettingsPage"));
const ModePoliciesPage = lazy(() => import("../modePolicies/ModePoliciesPage"));
const AlertsPage = lazy(() => import("../alerts/AlertsPage"));
const ApprovalsPage = lazy(() => import("../approvals/ApprovalsPage"));
const ApprovalPage = lazy(() => import("../approvals/ApprovalPage"));
const PoliciesPage = lazy(() => import("../policies/PoliciesPage"));
const NewPolicyPage = lazy(() => import("../policies/NewPolicyPage"));
const PolicyPage = lazy(() => import("../policies/PolicyPage"));
const AuditPage = lazy(async () => ({ default: (await import("../pages/audit/AuditPage")).AuditPage }));
const ReviewsPage = lazy(() => import("../pages/reviews/ReviewsPage"));
const KeptReviewPage = lazy(() => import("../pages/reviews/KeptReviewPage"));
const ReviewPage = lazy(() => import("../pages/reviews/ReviewPage"));
const EndpointsPage = lazy(() => import("../pages/webhooks/EndpointsPage"));
const NewEndpointPage = lazy(() => import("../pages/webhooks/NewEndpointPage"));
const EndpointPage = lazy(() => import("../pages/webhooks/EndpointPage"));
const DestinationsPage = lazy(() => import("../pages/destinations/DestinationsPage"));
const NewDestinationPage = lazy(() => import("../pages/destinations/NewDestinationPage"));
const DestinationPage = lazy(() => import("../pages/destinations/DestinationPage"));
const DeliveryPage = lazy(() => import("../pages/destinations/DeliveryPage"));
const SecretsPage = lazy(() => import("../pages/secrets/SecretsPage"));
const NewSecretPage = lazy(() => import("../pages/secrets/NewSecretPage"));
const SecretPage = lazy(() => import("../pages/secrets/SecretPage"));
const DeadLettersPage = lazy(() => import("../deadLetters/DeadLettersPage"));
const RedrivePage = lazy(() => import("../deadLetters/RedrivePage"));
const CausePage = lazy(() => import("../deadLetters/CausePage"));
const BackfillsPage = lazy(async () => ({
  default: (await import("../backfills/BackfillsPage")).BackfillsPage,
}));
const WorkflowBackfillsPage = lazy(async () => ({
  default: (await import("../backfills/BackfillsPage")).WorkflowBackfillsPage,
}));
const BackfillPage = lazy(() => import("../backfills/BackfillPage"));
const DiagnosisPage = lazy(() => import("../diagnosis/DiagnosisPage"));
const NewWorkflowPage = lazy(() => import("../pages/NewWorkflowPage"));

export function App() {
  const { home } = useSite();
  const route = routeOf(usePathname(), home);
  useHeader();
  useSeen(route);
  return (
    <NotificationsProvider>
      <Bell />
      <UserMenu />
      <Suspense fallback={<Waiting rows={8} />}>
        <Shown route={route} />
      </Suspense>
    </NotificationsProvider>
  );
}

function Shown({ route }: { route: Route }) {
  switch (route.page) {
    case "home":
      return <HomePage />;
    case "workflows":
      return <WorkflowListPage />;
    case "workflow":
      return <EditorPage key={route.id} id={route.id} />;
    case "versions":
      return <VersionsPage key={route.id} id={route.id} />;
    case "promote":
      return <PromotePage key={route.id} id={route.id} />;
    case "golive":
      return <GoLivePage key={route.id} id={route.id} />;
    case "backtests":
      return <BacktestsPage key={route.id} id={route.id} />;
    case "workflow-backfills":
      return <WorkflowBackfillsPage key={route.id} id={route.id} />;
    case "backfills":
      return <BackfillsPage />;
    case "backfill":
      return <BackfillPage key={route.id} id={route.id} />;
    case "settings":
      return <SettingsPage key={route.id} id={route.id} />;
    case "alerts":
      return <AlertsPage />;
    case "mode-policies":
      return <ModePoliciesPage />;
    case "new-workflow":
      return <NewWorkflowPage />;
    case "workflow-runs":
      return <WorkflowRunsPage key={route.id} id={route.id} />;
    case "runs":
      return <RunsPage />;
    case "run":
      return <RunPage key={route.id} id={route.id} />;
    case "dead-letters":
      return <DeadLettersPage />;
    case "redrive":
      return <RedrivePage key={route.id} id={route.id} />;
    case "diagnosis":
      return <DiagnosisPage key={route.id} id={route.id} />;
    case "cause":
      return <CausePage key={route.fingerprint} fingerprint={route.fingerprint} />;
    case "decisions":
      return <DecisionsPage />;
    case "events":
      return <EventsPage />;
    case "event":
      return <EventPage key={route.id} id={route.id} />;
    case "conditions":
      return <PoliciesPage />;
    case "new-condition":
      return <NewPolicyPage />;
    case "condition":
      return <PolicyPage key={route.key} policyKey={route.key} />;
    case "endpoints":
      return <EndpointsPage />;
    case "new-endpoint":
      return <NewEndpointPage />;
    case "endpoint":
      return <EndpointPage key={route.key} endpointKey={route.key} />;
    case "destinations":
      return <DestinationsPage />;
    case "new-destination":
      return <NewDestinationPage />;
    case "destination":
      return <DestinationPage key={route.key} destinationKey={route.key} />;
    case "delivery":
      return <DeliveryPage key={route.id} id={route.id} />;
    case "secrets":
      return <SecretsPage />;
    case "new-secret":
      return <NewSecretPage />;
    case "secret":
      return <SecretPage key={route.key} secretKey={route.key} />;
    case "reviews":
      return <ReviewsPage />;
    case "review":
      return <ReviewPage key={route.week} week={route.week} />;
    case "kept-review":
      return <KeptReviewPage key={route.id} id={route.id} />;
    case "audit":
      return <AuditPage />;
    case "approvals":
      return <ApprovalsPage />;
    case "approval":
      return <ApprovalPage key={route.id} id={route.id} />;
    case "modules":
      return <ModulesPage />;
    case "records":
      return <RecordsPage key={route.module} moduleKey={route.module} />;
    case "record":
      return (
        <RecordPage
          key={`${route.module}/${route.record}`}
          moduleKey={route.module}
          recordKey={route.record}
        />
      );
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
