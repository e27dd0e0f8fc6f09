// Accessibility, as far as a machine can tell.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** axe finds nothing wrong with the page as it is now. */
export async function expectNoAxeFindings(page: Page, where: string) {
  const { violations, passes } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  expect(passes.length, "rules that axe could apply").toBeGreaterThan(10);
  const findings = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  expect(findings, where).toEqual([]);
}
