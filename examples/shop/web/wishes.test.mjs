import { afterDrop } from "../shop/static/words.mjs";

describe("sorting wishes by hand", () => {
  const wishes = ["assam", "biscuits", "cup"];

  test.each([
    { held: "assam", target: "cup", sorted: ["biscuits", "cup", "assam"] },
    { held: "cup", target: "assam", sorted: ["cup", "assam", "biscuits"] },
    { held: "assam", target: "biscuits", sorted: ["biscuits", "assam", "cup"] },
  ])("$held dropped on $target gives $sorted", ({ held, target, sorted }) => {
    expect(afterDrop(wishes, held, target)).toEqual(sorted);
  });

  test("dropped on itself or on nothing, nothing changes", () => {
    expect(afterDrop(wishes, "cup", "cup")).toEqual(wishes);
    expect(afterDrop(wishes, "cup", "teapot")).toEqual(wishes);
  });

  test("the list itself is left alone", () => {
    afterDrop(wishes, "assam", "cup");
    expect(wishes).toEqual(["assam", "biscuits", "cup"]);
  });

  test.todo("wishes sorted with the keyboard");
});
