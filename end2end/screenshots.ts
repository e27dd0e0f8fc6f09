// Takes a screenshot of every page in every state, for visual review (screenshots.config.ts).
import { states } from "./support/states";
import { test } from "./support/test";

for (const [name, setUp] of Object.entries(states)) {
  test(name, async ({ page, request, open, browserErrors }, { project }) => {
    await setUp({ page, request, open, browserErrors });
    await page.screenshot({ path: `screenshots/${name}-${project.name}.png`, fullPage: true, animations: "disabled" });
  });
}
