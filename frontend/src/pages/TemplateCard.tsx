import type { ReactNode } from "react";
import type { Module } from "../api/recordTypes";
import type { Template } from "../api/types";
import { GraphPicture } from "../graph/GraphPicture";
import { Link } from "../ui/Link";
import { lackOf } from "./beginnings";
import "./templates.css";

/** A card whose name, a choice or a link, may be pressed anywhere on it. */
export function Card({ name, children }: Record<"name" | "children", ReactNode>) {
  return (
    <div className="tile">
      <span className="gallery-name">{name}</span>
      {children}
    </div>
  );
}

/** What a template is: its graph, its name, what it does, what it is about and what it lacks here. */
export function TemplateCard({
  template,
  modules,
  name,
}: {
  template: Template;
  modules: Module[];
  name: ReactNode;
}) {
  const lack = lackOf(template, modules);
  const module = modules.find((one) => one.key === template.module)?.name ?? template.module;
  return (
    <Card name={name}>
      <GraphPicture document={template.document} />
      <p id={`about-template:${template.key}`}>
        {template.sentence}{" "}
        <span className="note">
          About {module}
          {template.scenarios.length > 0 && `, with ${template.scenarios.length} scenarios`}.
        </span>
        {lack !== "" && <span className="why unfinished-note">{lack}</span>}
      </p>
    </Card>
  );
}

/** The gallery as links, for a page that has nothing else to show. */
export function TemplateLinks({ templates, modules }: { templates: Template[]; modules: Module[] }) {
  return (
    <div className="gallery">
      {templates.map((template) => (
        <TemplateCard
          key={template.key}
          template={template}
          modules={modules}
          name={
            template.missing.length > 0 ? (
              template.name
            ) : (
              <Link to={`workflows/new/?from=template:${template.key}`}>{template.name}</Link>
            )
          }
        />
      ))}
      <Card name={<Link to="workflows/new/">Blank</Link>}>
        <p>An empty graph, which asks for a trigger first.</p>
      </Card>
    </div>
  );
}
