// What the pages do in the browser. Each front end says by selectors where its elements are.

import { afterDrop, ratingText, reviewCount, reviewLine, starLabel } from "./words.mjs";

class StarRating extends HTMLElement {
  connectedCallback() {
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = `<style>
        button { border: 0; background: none; font-size: 1.6rem; cursor: pointer; color: #b9b4a7; padding: 0 .1rem }
        button[aria-pressed=true] { color: #c8820a }
      </style>
      <div role="group" aria-label="Rate it"></div><output></output>`;
    const group = root.querySelector("div");
    for (let stars = 1; stars <= 5; stars++) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "★";
      button.setAttribute("aria-label", starLabel(stars));
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => this.rate(stars));
      group.append(button);
    }
  }

  rate(stars) {
    [...this.shadowRoot.querySelectorAll("button")].forEach((button, index) => button.setAttribute("aria-pressed", String(index < stars)));
    this.shadowRoot.querySelector("output").textContent = ratingText(stars);
  }
}

function askForConsent(banner) {
  banner.querySelector("button").addEventListener("click", () => {
    document.cookie = "consent=yes; path=/; max-age=31536000; samesite=lax";
    banner.remove();
  });
}

function confirmFirst(form) {
  form.addEventListener("submit", (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
  });
}

async function showReviews(place) {
  const list = place.querySelector("ul");
  const status = place.querySelector("[role=status]");
  try {
    const response = await fetch(place.dataset.source);
    if (!response.ok) throw new Error(response.statusText);
    const { reviews } = await response.json();
    for (const review of reviews) {
      const item = document.createElement("li");
      item.textContent = reviewLine(review);
      list.append(item);
    }
    status.textContent = reviewCount(reviews.length);
  } catch {
    status.textContent = "The reviews are not available now.";
  }
}

function sortByHand(list, status) {
  let held = null;
  list.addEventListener("dragstart", (event) => { held = event.target.closest("li"); });
  list.addEventListener("dragover", (event) => event.preventDefault());
  list.addEventListener("drop", async (event) => {
    event.preventDefault();
    const target = event.target.closest("li");
    if (!held || !target || held === target) return;
    const items = afterDrop([...list.children], held, target);
    list.append(...items);
    const slugs = items.map((item) => item.dataset.slug);
    const response = await fetch("/api/wishes", { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(slugs) });
    status.textContent = response.ok ? "Order saved" : "The order could not be saved";
  });
}

export function start({ banner, reviews, wishes, wishesStatus }) {
  customElements.define("star-rating", StarRating);
  document.querySelectorAll("form[data-confirm]").forEach(confirmFirst);
  document.querySelectorAll(banner).forEach(askForConsent);
  document.querySelectorAll(reviews).forEach(showReviews);
  document.querySelectorAll(wishes).forEach((list) => sortByHand(list, document.querySelector(wishesStatus)));
}
