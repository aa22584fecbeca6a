import { createContext, useContext } from "react";
import { type Api, apiAt } from "../api/client";

export interface Site {
  home: string;
  signIn: string;
  api: Api;
}

export function siteOf(mount: HTMLElement): Site {
  const home = mount.dataset.home ?? "/";
  return { home, signIn: mount.dataset.signIn ?? "/accounts/login/", api: apiAt(home) };
}

const SiteContext = createContext<Site | null>(null);
export const SiteProvider = SiteContext.Provider;

export function useSite(): Site {
  const site = useContext(SiteContext);
  if (site === null) throw new Error("A page must be inside SiteProvider.");
  return site;
}
