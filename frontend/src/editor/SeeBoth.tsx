import { useRef } from "react";
import { DifferenceView } from "../difference/DifferenceView";
import type { Drawing } from "../graph/document";
import { useModal } from "../ui/useModal";
import { useWords } from "./summary";
import { useWorld } from "./world";

interface Props {
  theirs: Drawing;
  mine: Drawing;
  who: string;
  onTheirs: () => void;
  onMine: () => void;
  onClose: () => void;
}

/** Their draft and mine in one graph, and the two ways to end it. */
export function SeeBoth({ theirs, mine, who, onTheirs, onMine, onClose }: Props) {
  const { kinds } = useWorld();
  const words = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  useModal(dialog);
  const choose = (what: () => void) => () => {
    dialog.current?.close();
    what();
  };
  return (
    <dialog ref={dialog} className="widest" aria-labelledby="see-both" onClose={onClose}>
      <h2 id="see-both">What differs: {who}’s draft → yours</h2>
      <DifferenceView before={theirs} after={mine} kinds={kinds} words={words} />
      <p className="note">With yours, theirs stays among the checkpoints.</p>
      <div className="buttons">
        <button type="button" onClick={choose(onTheirs)}>
          Take theirs
        </button>
        <button type="button" onClick={choose(onMine)}>
          Replace theirs with mine
        </button>
        <button type="button" onClick={() => dialog.current?.close()}>
          Not yet
        </button>
      </div>
    </dialog>
  );
}
