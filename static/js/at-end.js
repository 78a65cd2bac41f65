/* Shows a thread from its end before anything is painted, wherever the browser thinks that the reader was. */
history.scrollRestoration = "manual";
scrollTo(0, document.documentElement.scrollHeight);
