// /profile and /profile/{username}: content, in-place editing, the picture.
import { deflateSync, crc32 } from "node:zlib";
import type { Page } from "@playwright/test";
import { banner, button, heading, holdRequests, requestsTo, signIn } from "../support/pages";
import { expect, test } from "../support/test";
import { fetchAccessToken } from "../support/users";

const main = (page: Page) => page.getByRole("main");
const displayName = (page: Page) => page.getByLabel("Display name");
const bio = (page: Page) => page.getByLabel("Bio");
const picker = (page: Page) => page.getByLabel("Choose a picture");
const preview = (page: Page) => page.getByAltText("Preview of your new picture");

/** Returns a PNG of a single color. */
function png(red: number, side = 64): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const lengthAndCrc = Buffer.alloc(8);
    lengthAndCrc.writeUInt32BE(data.length, 0);
    lengthAndCrc.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([lengthAndCrc.subarray(0, 4), body, lengthAndCrc.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.alloc(1 + 3 * side, red);
  row[0] = 0;
  const pixels = deflateSync(Buffer.concat(Array.from({ length: side }, () => row)));
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

const file = (buffer: Buffer, name = "me.png", mimeType = "image/png") => ({ name, mimeType, buffer });

/** Returns whether the browser can decode an image, so that it does not appear broken. */
const isDecoded = (page: Page, selector: string) =>
  page.locator(selector).evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth > 0, () => false));

test.beforeEach(async ({ page, open, ann }) => {
  await open("/login");
  await signIn(page, ann);
});

test("USER-FE-003.1-S1 /profile fetches the profile and shows all of it", { tag: "@phone" }, async ({ page, open, ann }) => {
  const responsePromise = page.waitForResponse((response) => response.url().endsWith("/users/me") && response.request().method() === "GET");
  await open("/profile");
  const me = await (await responsePromise).json();
  expect(me).toMatchObject({ username: ann.username, display_name: null, bio: null, avatar_url: null, follower_count: 0, followee_count: 0 });
  await expect(heading(page, ann.username)).toBeVisible();
  await expect(main(page)).toContainText(`@${ann.username}`);
  await expect(main(page)).toContainText("0 followers");
  await expect(main(page)).toContainText("0 following");
  await expect(main(page)).toContainText(/Member since \w+ 20\d\d/);
  await expect(main(page).locator(".avatar.large")).toHaveText(ann.username[0]!.toUpperCase());
});

test("USER-STORY-003-S1 the header links to the profile", async ({ page, ann }) => {
  await page.getByRole("navigation").getByRole("link", { name: ann.username }).click();
  await expect(page).toHaveURL("/profile");
  await expect(heading(page, ann.username)).toBeVisible();
});

test("USER-FE-003.2-S1 saving sends only the changed fields and shows them immediately", { tag: "@phone" }, async ({ page, open, ann }) => {
  await open("/profile");
  await page.evaluate(() => Object.assign(window, { marker: "same document" }));
  await button(page, "Edit profile").click();
  await expect(displayName(page)).toHaveValue("");
  await expect(displayName(page)).toBeFocused();
  await displayName(page).fill("Ann Smith");
  const [first] = await Promise.all([page.waitForRequest((request) => request.method() === "PATCH"), button(page, "Save").click()]);
  expect([first.method(), first.postDataJSON()]).toEqual(["PATCH", { display_name: "Ann Smith" }]);
  await expect(heading(page, "Ann Smith")).toBeVisible();
  await expect(page.getByRole("navigation").getByRole("link", { name: "Ann Smith" })).toBeAttached();
  await expect(button(page, "Edit profile")).toBeFocused();

  await button(page, "Edit profile").click();
  await bio(page).fill("Likes trees.\nAnd rivers.");
  const [second] = await Promise.all([page.waitForRequest((request) => request.method() === "PATCH"), button(page, "Save").click()]);
  expect(second.postDataJSON()).toEqual({ bio: "Likes trees.\nAnd rivers." });
  await expect(page.getByText("Likes trees.")).toHaveText("Likes trees.\nAnd rivers.", { useInnerText: true });

  await button(page, "Edit profile").click();
  await displayName(page).fill("");
  const [third] = await Promise.all([page.waitForRequest((request) => request.method() === "PATCH"), button(page, "Save").click()]);
  expect(third.postDataJSON()).toEqual({ display_name: null });
  await expect(heading(page, ann.username)).toBeVisible();
  expect(await page.evaluate(() => Reflect.get(window, "marker"))).toBe("same document");
  await page.reload();
  await expect(page.getByText("Likes trees.")).toBeVisible();
});

test("saving without changes sends nothing, and Cancel discards the input", async ({ page, open, ann }) => {
  const patches = requestsTo(page, "PATCH", "/users/me");
  await open("/profile");
  await button(page, "Edit profile").click();
  await button(page, "Save").click();
  await expect(heading(page, ann.username)).toBeVisible();
  await button(page, "Edit profile").click();
  await displayName(page).fill("Someone else");
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(heading(page, ann.username)).toBeVisible();
  await button(page, "Edit profile").click();
  await expect(displayName(page)).toHaveValue("");
  expect(patches).toHaveLength(0);
});

test("text that is too long is reported at its field and not sent", async ({ page, open }) => {
  const patches = requestsTo(page, "PATCH", "/users/me");
  await open("/profile");
  await button(page, "Edit profile").click();
  await bio(page).fill("ä".repeat(290));
  await expect(page.getByText("10 characters left")).toBeVisible();
  await bio(page).fill("ä".repeat(301));
  await expect(page.getByText("1 character too many")).toBeVisible();
  await expect(bio(page)).toHaveAccessibleDescription(/Use at most 300 characters/);
  await displayName(page).fill("x".repeat(101));
  await button(page, "Save").click({ force: true });
  await expect(banner(page)).toBeFocused();
  await expect(displayName(page)).toHaveAccessibleDescription("Use at most 100 characters");
  expect(patches).toHaveLength(0);
  await bio(page).fill("short");
  await displayName(page).fill("Ann");
  await button(page, "Save").click();
  await expect(heading(page, "Ann")).toBeVisible();
});

test("a failed save shows an error and keeps the input", async ({ page, open, browserErrors }) => {
  browserErrors.expect(/^Failed to load resource: net::ERR_INTERNET_DISCONNECTED .*\/users\/me\)$/);
  await open("/profile");
  await button(page, "Edit profile").click();
  await displayName(page).fill("Ann Smith");
  await page.route("/users/me", (route) => route.abort("internetdisconnected"));
  await button(page, "Save").click();
  await expect(main(page).getByRole("alert")).toHaveText("We could not reach the server. Check your connection and try again");
  await expect(displayName(page)).toHaveValue("Ann Smith");
  await page.unroute("/users/me");
  await button(page, "Save").click();
  await expect(heading(page, "Ann Smith")).toBeVisible();
});

test("leaving with unsaved changes asks for confirmation", async ({ page, open }) => {
  await open("/profile");
  await button(page, "Edit profile").click();
  await displayName(page).fill("Ann Smith");
  page.once("dialog", (dialog) => dialog.dismiss());
  await page.getByRole("link", { name: "Timeline" }).click();
  await expect(page).toHaveURL("/profile");
  await expect(displayName(page)).toHaveValue("Ann Smith");
  page.once("dialog", (dialog) => dialog.accept());
  await page.getByRole("link", { name: "Timeline" }).click();
  await expect(page).toHaveURL("/timeline");
});

test("USER-FE-003.2-S2 a selected picture is previewed before it is uploaded", { tag: "@phone" }, async ({ page, open }) => {
  const uploads = requestsTo(page, "PUT", "/users/me/avatar");
  await open("/profile");
  await button(page, "Edit profile").click();
  await expect(preview(page)).toHaveCount(0);
  await picker(page).setInputFiles(file(png(200)));
  await expect(preview(page)).toBeVisible();
  expect(await preview(page).getAttribute("src")).toMatch(/^blob:/);
  expect(await isDecoded(page, "img[alt^=Preview]")).toBe(true);
  expect(uploads).toHaveLength(0);
  await button(page, "Keep the current one").click();
  await expect(preview(page)).toHaveCount(0);
});

test("USER-STORY-003-S3 an uploaded picture appears on the page and in the header immediately", { tag: "@phone" }, async ({ page, open }) => {
  await open("/profile");
  await button(page, "Edit profile").click();
  await picker(page).setInputFiles(file(png(200)));
  const release = await holdRequests(page, "/users/me/avatar");
  const responsePromise = page.waitForResponse("/users/me/avatar");
  await button(page, "Upload picture").click();
  await expect(page.getByRole("progressbar", { name: "Upload" })).toBeVisible();
  await expect(button(page, "Uploading…")).toHaveAttribute("aria-disabled", "true");
  release();
  const response = await responsePromise;
  expect([response.request().method(), response.status()]).toEqual(["PUT", 200]);
  const { avatar_url } = await response.json();
  await expect(main(page).locator(".avatar.large img")).toHaveAttribute("src", avatar_url);
  await expect(page.locator(".site-nav .avatar img")).toHaveAttribute("src", avatar_url.replace("/512.", "/128."));
  expect(await isDecoded(page, "main .avatar.large img")).toBe(true);
  expect(await isDecoded(page, ".site-nav .avatar img")).toBe(true);
  await expect(page.getByRole("progressbar")).toHaveCount(0);

  await button(page, "Remove").click();
  await expect(page.locator(".avatar img")).toHaveCount(0);
});

test("a public profile is hydrated whatever it shows", { tag: "@phone" }, async ({ page, open, ann, request }) => {
  const path = `/profile/${ann.username}`;
  const headers = { authorization: `Bearer ${await fetchAccessToken(request, ann)}` };
  await open(path);
  const bio = await request.patch("/users/me", { data: { bio: "Likes trees." }, headers });
  expect(bio.status()).toBe(200);
  await open(path);
  const picture = await request.put("/users/me/avatar", { data: png(120), headers: { ...headers, "content-type": "image/png" } });
  expect(picture.status()).toBe(200);
  await open(path);
  await expect(main(page).locator(".avatar.large img")).toBeVisible();
  await expect(page.locator("meta[property='og:image']")).toHaveAttribute("content", /\/avatars\/.*\/512\./);
});

test("Save also uploads the selected picture", async ({ page, open }) => {
  await open("/profile");
  await button(page, "Edit profile").click();
  await picker(page).setInputFiles(file(png(90)));
  await displayName(page).fill("Ann Smith");
  await button(page, "Save").click();
  await expect(heading(page, "Ann Smith")).toBeVisible();
  await expect(main(page).locator(".avatar.large img")).toBeVisible();
  expect(await isDecoded(page, "main .avatar.large img")).toBe(true);
});

test("a picture can be dragged and dropped", async ({ page, open }) => {
  await open("/profile");
  await button(page, "Edit profile").click();
  const data = await page.evaluateHandle((bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], "me.png", { type: "image/png" }));
    return data;
  }, [...png(30)]);
  await page.locator(".picker").dispatchEvent("dragover", { dataTransfer: data });
  await expect(page.locator(".picker")).toHaveAttribute("data-over");
  await page.locator(".picker").dispatchEvent("drop", { dataTransfer: data });
  await expect(page.locator(".picker")).not.toHaveAttribute("data-over");
  await expect(preview(page)).toBeVisible();
  await button(page, "Upload picture").click();
  await expect(main(page).locator(".avatar.large img")).toHaveAttribute("src", /^\/avatars\//);
});

test("a file that is too large or not a picture is rejected before it is uploaded", async ({ page, open }) => {
  const uploads = requestsTo(page, "PUT", "/users/me/avatar");
  await open("/profile");
  await button(page, "Edit profile").click();
  await picker(page).setInputFiles(file(Buffer.alloc(2 * 1024 * 1024 + 1)));
  await expect(main(page).getByRole("alert")).toHaveText("This picture is too large: use at most 2 MB");
  await picker(page).setInputFiles(file(Buffer.from("GIF89a"), "me.gif", "image/gif"));
  await expect(main(page).getByRole("alert")).toHaveText("Use a JPEG or PNG picture");
  await expect(preview(page)).toHaveCount(0);
  expect(uploads).toHaveLength(0);
  await picker(page).setInputFiles(file(png(1)));
  await expect(main(page).getByRole("alert")).toHaveCount(0);
});

test("USER-STORY-003-S4 the server rejects a picture that is too large, and the old one stays", async ({ page, open, browserErrors }) => {
  browserErrors.expectHttpError(422, "/users/me/avatar");
  await open("/profile");
  const result = await page.evaluate(async () => {
    const { access_token } = await (await fetch("/auth/refresh", { method: "POST" })).json();
    const body = new Blob([new Uint8Array(3 * 1024 * 1024)], { type: "image/png" });
    const response = await fetch("/users/me/avatar", { method: "PUT", body, headers: { authorization: `Bearer ${access_token}` } });
    return { status: response.status, code: (await response.json()).error.code };
  });
  expect(result).toEqual({ status: 422, code: "AVATAR_TOO_LARGE" });
  await page.reload();
  await expect(page.locator(".avatar img")).toHaveCount(0);
});

test("a visitor sees the profile but not the email", { tag: "@phone" }, async ({ page, open, ann, browser, baseURL }) => {
  await open("/profile");
  await button(page, "Edit profile").click();
  await displayName(page).fill("Ann Smith");
  await button(page, "Save").click();
  await expect(heading(page, "Ann Smith")).toBeVisible();
  const visitor = await browser.newPage();
  const response = await visitor.goto(`${baseURL}/profile/${ann.username.toUpperCase()}`);
  expect(response?.status()).toBe(200);
  await expect(visitor.getByRole("heading", { level: 1 })).toHaveText("Ann Smith");
  await expect(visitor.getByRole("button", { name: "Edit profile" })).toHaveCount(0);
  expect(await visitor.content()).not.toContain(ann.email);
  expect((await visitor.goto(`${baseURL}/profile/unknown-user`))?.status()).toBe(404);
  await expect(visitor.getByRole("heading", { level: 1 })).toHaveText("There is nothing here");
  await visitor.close();
  await open(`/profile/${ann.username}`);
  await page.getByRole("main").getByRole("link", { name: "Edit profile" }).click();
  await expect(displayName(page)).toHaveValue("Ann Smith");
});
