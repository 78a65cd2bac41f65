/* The look changes at once; the choice travels to the server by the form's own hx-post.
   <div id="user-menu"><form hx-post="…"><input type="radio" name="theme" value="dark"></form></div> */
export function act({ value }) {
  const { dataset } = document.documentElement;
  if (value) dataset.theme = value;
  else delete dataset.theme;
}
