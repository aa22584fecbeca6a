import { useState } from "react";
import type { ApprovalDetail } from "../api/approvalTypes";
import { useSite } from "../app/context";
import { FormDialog } from "../ui/FormDialog";

interface Props {
  approval: ApprovalDetail;
  onDone: (approval: ApprovalDetail) => void;
  onClose: () => void;
}

/** Puts somebody else in one's place for one question. */
export function DelegateDialog({ approval, onDone, onClose }: Props) {
  const { api } = useSite();
  const [receiver, setReceiver] = useState("");
  const [reason, setReason] = useState("");
  const delegate = async () => onDone(await api.delegate(approval.id, { receiver: receiver.trim(), reason }));
  return (
    <FormDialog title="Let somebody else decide" button="Hand over" onDo={delegate} onClose={onClose}>
      <p>They decide in your place, for this question only. You can’t any more.</p>
      <label className="block">
        User name
        <input
          required
          maxLength={150}
          value={receiver}
          onChange={(event) => setReceiver(event.target.value)}
        />
      </label>
      <label className="block">
        Reason (optional)
        <input maxLength={300} value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
    </FormDialog>
  );
}
