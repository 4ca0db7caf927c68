// One state for each place on the page: the function below runs again whenever the server sends data.
const states = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector)
  let state = states.get(parentElement)
  if (!state) {
    state = { queue: [], request: null, used: null }
    states.set(parentElement, state)
  }
  state.data = data
  state.arrived = (key) => setTriggerValue("arrived", key)

  find(".label").textContent = data.words.label
  find(".choose").textContent = data.words.choose
  find(".hint").textContent = data.words.hint
  find(".cancel").textContent = data.words.cancel

  const zone = find(".zone")
  const input = find("input")
  input.onchange = () => {
    add([...input.files])
    input.value = "" // so that the same file can be chosen again
  }
  zone.ondragover = (event) => {
    event.preventDefault()
    zone.classList.add("over")
  }
  zone.ondragleave = () => zone.classList.remove("over")
  zone.ondrop = (event) => {
    event.preventDefault()
    zone.classList.remove("over")
    add([...event.dataTransfer.files])
  }
  find(".cancel").onclick = () => {
    state.queue = []
    if (state.request) state.request.abort()
  }
  next()

  return () => {
    if (state.request) state.request.abort()
    states.delete(parentElement)
  }

  function add(files) {
    say("error", "")
    for (const file of files) {
      if (file.size > state.data.limit) say("error", fill("too_large", { name: file.name, size: size(file.size) }))
      else state.queue.push(file)
    }
    next()
  }

  // A token lets one file in; the next file waits for the next token.
  function next() {
    if (state.request || !state.queue.length || state.data.token === state.used) return
    send(state.queue.shift(), state.data.token)
  }

  function send(file, token) {
    const request = new XMLHttpRequest()
    state.request = request
    request.open("PUT", new URL("api/upload", window.location.href))
    request.setRequestHeader("X-Upload-Token", token)
    request.setRequestHeader("X-Upload-Name", encodeURIComponent(file.name))
    request.upload.onprogress = (event) => progress(file, event.loaded)
    request.onload = () => finish(file, token, request)
    request.onerror = () => fail(file, "failed")
    request.onabort = () => {
      idle()
      next()
    }
    progress(file, 0)
    request.send(file)
  }

  function finish(file, token, request) {
    const answer = read(request.responseText)
    if (request.status !== 200 || !answer.key) return fail(file, answer.error === "too_large" ? "too_large" : "refused")
    state.used = token
    idle()
    state.arrived(answer.key)
  }

  function fail(file, word) {
    idle()
    say("error", fill(word, { name: file.name, size: size(file.size) }))
    next()
  }

  function progress(file, loaded) {
    const part = file.size ? loaded / file.size : 1
    const bar = find("progress")
    bar.hidden = find(".cancel").hidden = false
    bar.value = part
    bar.setAttribute("aria-label", fill("sending", { name: file.name, percent: "" }))
    const word = part < 1 ? "sending" : "checking"
    const fields = { name: file.name, percent: Math.floor(100 * part), done: size(loaded), total: size(file.size) }
    say("output", fill(word, fields))
  }

  function idle() {
    state.request = null
    find("progress").hidden = find(".cancel").hidden = true
    say("output", "")
  }

  function say(where, words) {
    const place = find(where === "error" ? ".error" : where)
    place.textContent = words
    if (where === "error") place.hidden = !words
  }

  function fill(word, fields) {
    return state.data.words[word].replace(/\{(\w+)\}/g, (whole, name) => (name in fields ? fields[name] : whole))
  }

  function read(text) {
    try {
      return JSON.parse(text)
    } catch {
      return {}
    }
  }

  function size(bytes) {
    if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} KB`
    return bytes < 1e9 ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
  }
}
