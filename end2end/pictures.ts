// Takes the pictures of the README (pictures.config.ts).
import { submitButton } from "./support/pages";
import { fetchAccessToken, follow, newUser, registerVerifiedUser, type User } from "./support/users";
import { test } from "./support/test";

/** The projects share a database. */
const SUFFIXES: Record<string, string> = { "desktop-light-en": "", "desktop-dark-de": ".k", "phone-light-de": "_k", "phone-dark-en": "k" };

const PEOPLE = [
  { display_name: "Ada Berg", bio: "Maps, mountains and the odd marathon." },
  { display_name: "Jonas Keller", bio: "Bakes bread. Repairs radios." },
  { display_name: "Mira Sand", bio: "Draws the birds that come to the balcony." },
];

test("pictures", async ({ page, request, open, context, baseURL, locale }, { project }) => {
  // Accounts that are created over the API are English.
  await context.addCookies([{ name: "language", value: locale!.slice(0, 2), url: baseURL! }]);
  const save = (name: string) =>
    page.screenshot({ path: `../docs/images/${name}-${project.name}.png`, animations: "disabled", scale: "css" });
  await open("/register");
  await save("register");
  const people: User[] = [];
  for (const profile of PEOPLE) {
    const username = profile.display_name.split(" ")[0]!.toLowerCase() + SUFFIXES[project.name];
    const user = await registerVerifiedUser(request, { ...newUser(), username });
    const headers = { authorization: `Bearer ${await fetchAccessToken(request, user)}` };
    await request.patch("/users/me", { data: profile, headers });
    people.push(user);
  }
  const [ada, jonas, mira] = people as [User, User, User];
  await follow(request, jonas, ada);
  await follow(request, mira, ada);
  await follow(request, ada, mira);
  await open("/login");
  await page.locator("#email").fill(ada.email);
  await page.locator("#password").fill(ada.password);
  await submitButton(page).click();
  await page.waitForURL("/timeline");
  await page.mouse.move(0, 0);
  await open(`/profile/${ada.username}/followers`);
  await save("followers");
});
