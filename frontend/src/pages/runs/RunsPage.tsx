import { Heading } from "../../ui/Page";
import { RunList } from "./RunList";

export function RunsPage() {
  return (
    <>
      <Heading title="Runs" />
      <RunList />
    </>
  );
}
