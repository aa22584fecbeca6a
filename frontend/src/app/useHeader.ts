import { useEffect } from "react";
import { isPlainClick } from "../ui/Link";
import { useSite } from "./context";
import { navigate, routeOf, usePathname } from "./router";

/** Of the addresses of the navigation, the one that `pathname` is at or below; home only is itself. */
export function currentOf(addresses: string[], pathname: string, home: string): string | undefined {
  return addresses
    .filter((address) => (address === home ? pathname === home : pathname.startsWith(address)))
    .sort((one, other) => other.length - one.length)[0];
}

/** Lets the header, which the server renders, take part: its links to pages of the app don't load anew, the one of the
 * current page is marked, and its menu opens below its button. */
export function useHeader(): void {
  const { home } = useSite();
  const pathname = usePathname();

  useEffect(() => {
    const links = [...document.querySelectorAll<HTMLAnchorElement>(".bar nav a")];
    const current = currentOf(
      links.map((link) => link.pathname),
      pathname,
      home,
    );
    for (const link of links) {
      if (link.pathname === current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }, [pathname, home]);

  useEffect(() => {
    const onClick = (event: MouseEvent) => {
      const link = event.target instanceof Element ? event.target.closest("a") : null;
      if (link === null || event.defaultPrevented || !isPlainClick(event)) return;
      if (link.hash !== "" || routeOf(link.pathname, home).page === "unknown") return;
      event.preventDefault();
      document.getElementById("account")?.hidePopover();
      navigate(link.pathname);
    };
    const header = document.querySelector<HTMLElement>("header.bar");
    header?.addEventListener("click", onClick);
    return () => header?.removeEventListener("click", onClick);
  }, [home]);

  useEffect(() => {
    const menu = document.getElementById("account");
    const button = document.querySelector<HTMLElement>(".bar .account");
    // Wherever the header's lines have put it.
    const onToggle = () => {
      const bottom = button?.getBoundingClientRect().bottom ?? 0;
      menu?.style.setProperty("top", `${bottom + 8}px`);
      menu?.style.setProperty("max-height", `calc(100vh - ${bottom + 16}px)`);
    };
    menu?.addEventListener("beforetoggle", onToggle);
    return () => menu?.removeEventListener("beforetoggle", onToggle);
  }, []);
}
