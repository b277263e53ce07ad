import { ratingText, reviewCount, reviewLine, starLabel } from "../shop/static/words.mjs";

describe("counting", () => {
  test.each([
    [0, "0 reviews"],
    [1, "1 review"],
    [12, "12 reviews"],
  ])("%i reviews are called %s", (count, text) => {
    expect(reviewCount(count)).toBe(text);
  });

  test.each([
    [1, "1 star"],
    [5, "5 stars"],
  ])("%i of the stars is labelled %s", (stars, text) => {
    expect(starLabel(stars)).toBe(text);
  });

  test("a rating says out of how many", () => {
    expect(ratingText(4)).toBe("You gave 4 of 5 stars");
  });

  test("a review names its author first", () => {
    expect(reviewLine({ author: "Ada", text: "A fine tea" })).toBe("Ada: A fine tea");
  });
});
