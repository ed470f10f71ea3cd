/** Copies a text, also without a secure context, where `navigator.clipboard` is missing and the shown text is selected. */
export async function copyText(text: string, shown: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const selection = getSelection();
    if (shown === null || selection === null) return false;
    selection.selectAllChildren(shown);
    return document.execCommand('copy');
  }
}
