"use strict";
/* The walk: the equations in the order in which they are computed, one after another */
(() => {
  const section = document.getElementById("walk");
  if (!section) {
    return;
  }
  const { data } = drawing;
  const SECONDS = 1.2; // for each step, where it plays
  const steps = data.walk;
  const slider = document.getElementById("walk-step");
  const told = document.getElementById("walk-told");
  const play = document.getElementById("walk-play");
  const articles = steps.map((number) => document.getElementById(`tensor-${number}`));
  let step = steps.length;
  let playing = null;

  function tell() {
    const { name, about, kind } = step ? data.tensors[steps[step - 1]] : {};
    const what = step ? `${name}, ${about} (${kind})` : "only what is given";
    told.textContent = `${step} of ${steps.length}: ${what}`;
    slider.setAttribute("aria-valuetext", told.textContent);
  }

  function go(to) {
    const next = Math.min(Math.max(to, 0), steps.length);
    articles[step - 1]?.classList.remove("now");
    for (let at = Math.min(step, next); at < Math.max(step, next); at++) {
      articles[at].classList.toggle("ahead", at >= next);
    }
    step = next;
    slider.value = step;
    const article = articles[step - 1];
    if (article) {
      article.classList.add("now");
      article.scrollIntoView({ block: article.offsetHeight < innerHeight / 2 ? "center" : "start" });
    }
    tell();
    document.dispatchEvent(new CustomEvent("walk"));
  }

  function stop() {
    clearInterval(playing);
    playing = null;
    play.textContent = "Play";
  }

  function onPlay() {
    if (playing) {
      stop();
      return;
    }
    play.textContent = "Stop";
    go(step === steps.length ? 0 : step + 1);
    playing = setInterval(() => {
      go(step + 1);
      if (step === steps.length) {
        stop();
      }
    }, SECONDS * 1000);
  }

  slider.addEventListener("input", () => {
    stop();
    go(Number(slider.value));
  });
  document.getElementById("walk-back").addEventListener("click", () => go(step - 1));
  document.getElementById("walk-next").addEventListener("click", () => go(step + 1));
  play.addEventListener("click", onPlay);
  section.hidden = false;
  document.documentElement.classList.add("walks");
  tell();
})();
