import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { SiteProvider, siteOf } from "./app/context";
import "./styles/app.css";

const mount = document.getElementById("content");
if (mount === null) throw new Error("The page has no element with the id “content”.");

createRoot(mount).render(
  <StrictMode>
    <SiteProvider value={siteOf(mount)}>
      <App />
    </SiteProvider>
  </StrictMode>,
);
