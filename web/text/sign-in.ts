/** Words of the pages before sign-in: setup, sign-in, invitation. */
export const signInText = {
  setupTitle: "Set up this appliance",
  setupIntro:
    "You make its first account, the owner’s. The setup code proves that you are the one who started the appliance.",
  code: "Setup code",
  codeHint: "Printed where the appliance was started, after “Setup code:”.",
  name: "Your name",
  nameHint: "You sign in with it; it stands in the audit log.",
  password: "Password",
  passwordHint: "At least 10 characters. A few unrelated words do well.",
  passwordShort: "At least 10 characters, please.",
  required: "Please fill this in.",
  setupSubmit: "Create the owner’s account",
  setupDoneTitle: "It is set up already",
  setupDoneBody: "This appliance has an owner. Sign in, or ask the owner for an invitation.",
  toSignIn: "Go to sign-in",
  signInTitle: "Sign in",
  signInSubmit: "Sign in",
  nameLabel: "Name",
  forgotten:
    "Password lost? Another owner can invite you anew. If there is none, run <c>npm run admin reset-owner</c> on the machine itself.",
  invitationTitle: "You are invited",
  invitationIntro: "Choose the name and password that you will sign in with on this appliance.",
  invitationSubmit: "Create my account",
  invitationMissingTitle: "This link is not complete",
  invitationMissingBody:
    "The part after the # is missing. Open the link exactly as it was sent to you, or ask for a new one.",
} as const;
