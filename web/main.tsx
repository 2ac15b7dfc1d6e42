import "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
import "./theme/global.css";
import "./theme/tokens.css";
import "./theme/mantine.ts";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { IntlProvider } from "react-intl";
import { createQueryClient } from "./api/query-client.ts";
import { createDashboardRouter } from "./router/router.tsx";
import { resolveVariables, theme } from "./theme/theme.ts";

const queryClient = createQueryClient();
const router = createDashboardRouter(queryClient);
// The words are English; dates and numbers follow the browser where it is English, too.
const locale = navigator.language.startsWith("en") ? navigator.language : "en-GB";
const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no root");

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolveVariables}
      defaultColorScheme="auto"
    >
      <IntlProvider locale={locale} defaultLocale={locale}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </IntlProvider>
    </MantineProvider>
  </StrictMode>,
);
