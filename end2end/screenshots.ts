// Takes a picture of every page in every state (screenshots.config.ts); looks are judged by people.
import { states } from "./support/states";
import { test } from "./support/test";

for (const [name, reach] of Object.entries(states)) {
  test(name, async ({ page, request, open, complaints }, { project }) => {
    await reach({ page, request, open, complaints });
    await page.screenshot({ path: `screenshots/${name}-${project.name}.png`, fullPage: true, animations: "disabled" });
  });
}
