import { useSite } from "../../app/context";
import { usePathname } from "../../app/router";
import { Link } from "../../ui/Link";
import "./webhooks.css";

const PLACES = [
  ["webhooks/", "Endpoints"],
  ["webhooks/destinations/", "Destinations"],
  ["webhooks/secrets/", "Secrets"],
] as const;

/** The lists of what comes in, what goes out, and what is sent along. */
export function Places() {
  const { home } = useSite();
  const pathname = usePathname();
  return (
    <nav className="places" aria-label="Webhooks">
      {PLACES.map(([to, name]) =>
        pathname === home + to ? (
          <span key={to} aria-current="page">
            {name}
          </span>
        ) : (
          <Link key={to} to={to}>
            {name}
          </Link>
        ),
      )}
    </nav>
  );
}
