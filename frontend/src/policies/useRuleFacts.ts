import { useCallback, useMemo } from "react";
import type { Catalog } from "../api/catalogTypes";
import type { Module } from "../api/recordTypes";
import { useSite } from "../app/context";
import { explanationOf, type FormFacts } from "../forms/facts";

/** What the editor of a policy's rule offers: the fields of its module, and to explain the rule against a record. A
 * policy names no other policy. */
export function useRuleFacts(catalog: Catalog, module: Module, record: string): FormFacts {
  const { api } = useSite();
  const explain = useCallback(
    async (rule: unknown) => explanationOf(await api.explain(module.key, rule, record.trim() || null)),
    [api, module.key, record],
  );
  return useMemo(
    () => ({
      catalog,
      modules: [module],
      module,
      policies: [],
      workflows: [],
      sources: [],
      destinations: [],
      people: [],
      groups: [],
      zones: [],
      references: [],
      sample: null,
      explain,
    }),
    [catalog, module, explain],
  );
}
